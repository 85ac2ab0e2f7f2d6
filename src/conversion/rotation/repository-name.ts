/**
 * What a host calls a repository, from the address of a remote: `owner/name`, or more segments where the host has them
 * (GitLab's subgroups). The address may hold a password, so it is never shown.
 * @returns `undefined` for a folder, and for a path that is not made of plain names
 */
export function repositoryName(remoteUrl: string): string | undefined {
  const name = pathOf(remoteUrl.trim())
    ?.replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/, '');
  // All that GitHub, GitLab and Bitbucket allow. It begins with no dash, or a program would take it for an option.
  if (name === undefined || !/^[\w~][\w.~-]*(?:\/[\w~.-]+)+$/.test(name)) return undefined;
  return name.split('/').some((segment) => /^\.+$/.test(segment)) ? undefined : name;
}

function pathOf(remoteUrl: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(remoteUrl)) {
    if (!URL.canParse(remoteUrl)) return undefined;
    const { protocol, pathname } = new URL(remoteUrl);
    return protocol === 'file:' ? undefined : pathname;
  }
  // As scp writes it: git@github.com:acme/shop.git. A single letter is a drive of Windows (git-clone(1), "Git URLs").
  return /^(?:[^@/\\\s]+@)?(?:\[[^\]]+\]|[^:/\\\s]{2,}):(.+)$/.exec(remoteUrl)?.[1];
}
