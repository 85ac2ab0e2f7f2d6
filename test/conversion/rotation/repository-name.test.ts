import { expect, it } from 'vitest';
import { repositoryName } from '../../../src/conversion/rotation/repository-name.js';

it.each([
  ['https://github.com/acme/shop.git\n', 'acme/shop'],
  ['https://ada:s3cret@github.com/acme/shop/', 'acme/shop'],
  ['https://gitlab.acme.com:8443/platform/web/shop.js.git', 'platform/web/shop.js'],
  ['git@github.com:acme/shop.git', 'acme/shop'],
  ['work:acme/shop', 'acme/shop'],
  ['ssh://git@github.com:22/acme/shop.git', 'acme/shop'],
  ['[::1]:acme/shop', 'acme/shop'],
  ['git@git.sr.ht:~ada/shop', '~ada/shop'],
  ['git+ssh://git@host.example/acme/.github', 'acme/.github'],
])('finds what the host calls the repository of %s', (url, name) => {
  expect(repositoryName(url)).toBe(name);
});

it.each([
  '',
  '/srv/git/shop.git',
  '../acme/shop',
  'C:/git/shop',
  'C:\\git\\shop',
  'file:///srv/git/acme/shop.git',
  'https://github.com/shop.git',
  'https://github.com/acme/../shop',
  'git@host:../acme/shop',
  'git@host:--help/shop',
  'git@host:acme/$(touch x)',
  'git@host:acme/shop;x',
  'https://[',
])('finds none in %j', (url) => {
  expect(repositoryName(url)).toBeUndefined();
});
