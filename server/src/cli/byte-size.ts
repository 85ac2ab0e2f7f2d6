import { InvalidArgumentError } from 'commander';

const units = ['', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes, of `512MiB` and the like. */
export function byteSize(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([KMGT]iB)?$/.exec(text) ?? [];
  const bytes = Number(digits) * 1024 ** units.indexOf(unit);
  if (digits === '' || bytes < 1 || !Number.isSafeInteger(bytes)) {
    throw new InvalidArgumentError('It has to be a whole number of bytes, KiB, MiB, GiB or TiB, such as 512MiB.');
  }
  return bytes;
}
