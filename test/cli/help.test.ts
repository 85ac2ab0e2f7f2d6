import { describe, expect, it } from 'vitest';
import { helpPages } from '../../scripts/help-pages.js';

const pages = helpPages();
const paths = [...pages.keys()];
/** Groups, such as `nxkey org`, list their commands instead. */
const isLeaf = (path: string) => !paths.some((other) => other.startsWith(`${path} `));

describe('the help', () => {
  it.each(paths.filter((path) => isLeaf(path) && path !== 'nxkey help'))('of "%s" has examples', (path) => {
    expect(pages.get(path)).toMatch(/Examples:\n\s+\$ /);
  });

  it.each(paths)('of "%s" does not say of each switch that it is off', (path) => {
    expect(pages.get(path)).not.toContain('(default: false)');
  });

  it.each(paths)('of "%s" begins with how it is called', (path) => {
    expect(pages.get(path)?.startsWith(`Usage: ${path} `)).toBe(true);
  });
});
