import type { HistoryScan, TokenInHistory } from '../../../git/scan-history.js';
import { printable } from '../../../rest-client/printable.js';
import { counted } from '../../format.js';

/** What a scan has found, and how far it went: that nothing was found says little about a part of a history. */
export function historyLines({ tokens, commits, shallow, missing }: HistoryScan): string[] {
  return [
    ...tokens.map(tokenLine),
    ...(tokens.length === 0 ? [`The history has no token, in ${counted(commits, 'commit')}.`] : []),
    ...(shallow
      ? ['The clone is shallow, so older commits were not searched. To get them:  git fetch --unshallow']
      : []),
    ...(missing > 0
      ? [
          `${counted(missing, 'content')} of files could not be searched, since this clone leaves them out or they are ` +
            'damaged. To get them:  git fetch --refetch --no-filter',
        ]
      : []),
  ];
}

function tokenLine({ masked, commit, path, line, commits, paths }: TokenInHistory): string {
  const place = path === undefined ? 'its message' : `${printable(path)}:${line}`;
  const others = paths.filter((other) => other !== path).map((other) => printable(other));
  const also = others.length === 0 ? '' : `, also ${others.join(', ')}`;
  return `The history has the token ${masked} in ${counted(commits, 'commit')}, first in ${commit.slice(0, 12)}, ${place}${also}.`;
}
