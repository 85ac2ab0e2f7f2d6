/** What to tell the person when our programs cannot run on this version of Node, such as `18.20.4`. */
export function tooOldNode(version: string): string | undefined;

/** Keeps the process alive when its output cannot be written, and ends it with 1 where that matters. */
export function watchOutput(process: NodeJS.Process): void;
