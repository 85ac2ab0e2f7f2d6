import { readFile, writeFile } from 'node:fs/promises';

/** The most memory in bytes that a process ever had resident, as Linux counts it; nothing between two samples is lost. */
export async function peakMemory(pid: number): Promise<number> {
  return field(pid, 'VmHWM');
}

/** What it has resident now, in bytes. */
export async function memory(pid: number): Promise<number> {
  return field(pid, 'VmRSS');
}

/** Counts the peak anew from here on. */
export async function resetPeakMemory(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

async function field(pid: number, name: 'VmHWM' | 'VmRSS'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status says nothing of ${name}`);
  return Number(kibibytes) * 1024;
}
