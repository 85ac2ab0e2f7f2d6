/** Far more than any token; what is longer is some other file. */
const maxInputLength = 64 * 1024;

/** All that stands on standard input, as far as it can be a token. */
export async function readInput(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += chunk.toString();
    if (text.length > maxInputLength) break;
  }
  return text;
}
