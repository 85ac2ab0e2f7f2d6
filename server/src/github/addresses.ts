export interface GithubAddresses {
  /** Where people use it, without a slash at its end; the issuer of its users' identities. */
  url: string;
  apiUrl: string;
  authorizationUrl: string;
  tokenUrl: string;
}

/** From where people use a GitHub: `https://github.com`, or that of a GitHub Enterprise Server. */
export function githubAddresses(url: string): GithubAddresses {
  const { origin, hostname } = new URL(url);
  return {
    url: origin,
    apiUrl: apiUrlOf(origin, hostname),
    authorizationUrl: `${origin}/login/oauth/authorize`,
    tokenUrl: `${origin}/login/oauth/access_token`,
  };
}

function apiUrlOf(origin: string, hostname: string): string {
  // Only a server of one's own has its API beside its pages.
  if (hostname === 'github.com' || hostname.endsWith('.ghe.com')) return `https://api.${hostname}`;
  return `${origin}/api/v3`;
}
