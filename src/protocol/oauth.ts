/** OAuth names that both sides write down (RFC 8628 for the device flow, RFC 7009 for revocation). */

/** The CLI is a public client: it has an id and no secret. */
export const cliClientId = 'nxkey-cli';

export const deviceCodeGrantType = 'urn:ietf:params:oauth:grant-type:device_code';

/**
 * Parameters of ours in the device authorization request (RFC 8628 §3.1 lets a server define more): how the token
 * shall be named in the person's list, and the machine that asked, which the approval page shows.
 */
export const deviceAuthorizationExtensions = { tokenName: 'nxkey_token_name', hostName: 'nxkey_host_name' } as const;
