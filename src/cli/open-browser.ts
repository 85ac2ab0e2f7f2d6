/** See `Dependencies.openBrowser`. */
export async function openBrowser(url: string, onFailure: (reason: string) => void): Promise<void> {
  try {
    const { default: open } = await import('open');
    const launcher = await open(url);
    // The launcher is detached; where there is no browser it ends soon, with a code of its own.
    launcher.once('exit', (code) => {
      if (code !== null && code !== 0) onFailure(`its launcher ended with code ${code}`);
    });
  } catch (error) {
    onFailure(error instanceof Error ? error.message : String(error));
  }
}
