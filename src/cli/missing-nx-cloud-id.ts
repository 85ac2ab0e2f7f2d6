/** What to do where nx.json has no nxCloudId: in a repository that commits its token, or in one that never had a cache. */
export const putIdIntoNxJson =
  'put the "nxCloudId" of your workspace into nx.json; the ids are listed by:  npx nxkey workspace list';

export const convertOrPutId =
  'If nx.json has an access token, convert it:  npx nxkey convert-to-nx-cloud-id  ' + `If not, ${putIdIntoNxJson}`;
