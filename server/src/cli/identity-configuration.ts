import { isLoopback } from '../../../src/protocol/server-url.js';
import { parseGroupRoles } from '../domain/identities/group-roles.js';
import { UsageError } from '../errors.js';
import type { OpenIdConnectOptions } from '../identity-providers/openid-connect.js';
import { refuseUnknown, requireAll, secretVariable, variable, type Environment } from './environment.js';

/** A GitHub App, and where GitHub is. */
export interface GithubConfiguration {
  /** `https://github.com`, or that of a GitHub Enterprise Server. */
  url: string;
  appId: string;
  /** PEM. */
  privateKey: string;
  webhookSecret: string;
  clientId: string;
  clientSecret: string;
}

export interface IdentityConfiguration {
  github: GithubConfiguration | null;
  openIdConnect: OpenIdConnectOptions | null;
}

const githubVariables = [
  'NXKEY_GITHUB_URL',
  'NXKEY_GITHUB_APP_ID',
  ...withFile('NXKEY_GITHUB_PRIVATE_KEY'),
  ...withFile('NXKEY_GITHUB_WEBHOOK_SECRET'),
  'NXKEY_GITHUB_CLIENT_ID',
  ...withFile('NXKEY_GITHUB_CLIENT_SECRET'),
];

const oidcVariables = [
  'NXKEY_OIDC_ISSUER',
  'NXKEY_OIDC_CLIENT_ID',
  ...withFile('NXKEY_OIDC_CLIENT_SECRET'),
  'NXKEY_OIDC_NAME',
  'NXKEY_OIDC_SCOPE',
  'NXKEY_OIDC_PARAMETERS',
  'NXKEY_OIDC_GROUPS_CLAIM',
  'NXKEY_OIDC_ROLES',
  'NXKEY_OIDC_TRUST_EMAIL',
];

/**
 * Who else says who people are, from the environment.
 *
 * @throws {UsageError} for what is there in part, or is wrong
 */
export async function readIdentityConfiguration(environment: Environment): Promise<IdentityConfiguration> {
  refuseUnknown(environment, 'NXKEY_GITHUB_', githubVariables);
  refuseUnknown(environment, 'NXKEY_OIDC_', oidcVariables);
  return { github: await readGithub(environment), openIdConnect: await readOpenIdConnect(environment) };
}

async function readGithub(environment: Environment): Promise<GithubConfiguration | null> {
  const values = requireAll('GitHub', {
    NXKEY_GITHUB_APP_ID: variable(environment, 'NXKEY_GITHUB_APP_ID'),
    NXKEY_GITHUB_PRIVATE_KEY: await secretVariable(environment, 'NXKEY_GITHUB_PRIVATE_KEY'),
    NXKEY_GITHUB_WEBHOOK_SECRET: await secretVariable(environment, 'NXKEY_GITHUB_WEBHOOK_SECRET'),
    NXKEY_GITHUB_CLIENT_ID: variable(environment, 'NXKEY_GITHUB_CLIENT_ID'),
    NXKEY_GITHUB_CLIENT_SECRET: await secretVariable(environment, 'NXKEY_GITHUB_CLIENT_SECRET'),
  });
  const given = variable(environment, 'NXKEY_GITHUB_URL');
  if (values === null) {
    if (given === undefined) return null;
    throw new UsageError('NXKEY_GITHUB_URL is set, and nothing else of a GitHub App is.', {
      remedy: `Set ${githubVariables.filter((name) => name !== 'NXKEY_GITHUB_URL' && !name.endsWith('_FILE')).join(', ')} as well.`,
    });
  }
  const { origin, pathname } = secureUrl('NXKEY_GITHUB_URL', given ?? 'https://github.com');
  if (pathname !== '/') {
    throw new UsageError('NXKEY_GITHUB_URL has to end after the host.', { remedy: `Set it to ${origin}` });
  }
  return {
    url: origin,
    appId: values.NXKEY_GITHUB_APP_ID,
    privateKey: values.NXKEY_GITHUB_PRIVATE_KEY,
    webhookSecret: values.NXKEY_GITHUB_WEBHOOK_SECRET,
    clientId: values.NXKEY_GITHUB_CLIENT_ID,
    clientSecret: values.NXKEY_GITHUB_CLIENT_SECRET,
  };
}

async function readOpenIdConnect(environment: Environment): Promise<OpenIdConnectOptions | null> {
  const values = requireAll('OpenID Connect', {
    NXKEY_OIDC_ISSUER: variable(environment, 'NXKEY_OIDC_ISSUER'),
    NXKEY_OIDC_CLIENT_ID: variable(environment, 'NXKEY_OIDC_CLIENT_ID'),
    NXKEY_OIDC_CLIENT_SECRET: await secretVariable(environment, 'NXKEY_OIDC_CLIENT_SECRET'),
  });
  if (values === null) {
    const lonely = oidcVariables.find((name) => variable(environment, name) !== undefined);
    if (lonely === undefined) return null;
    throw new UsageError(`${lonely} is set, and no OpenID Connect provider is.`, {
      remedy: 'Set NXKEY_OIDC_ISSUER, NXKEY_OIDC_CLIENT_ID and NXKEY_OIDC_CLIENT_SECRET as well.',
    });
  }
  const issuer = values.NXKEY_OIDC_ISSUER;
  const url = secureUrl('NXKEY_OIDC_ISSUER', issuer);
  if (url.pathname.includes('/.well-known/')) {
    throw new UsageError('NXKEY_OIDC_ISSUER is the address of the metadata, not the issuer.', {
      remedy: `Set it to ${issuer.slice(0, issuer.indexOf('/.well-known/'))}`,
    });
  }
  const roles = parseGroupRoles(variable(environment, 'NXKEY_OIDC_ROLES') ?? '');
  if (!roles.ok) {
    throw new UsageError(`NXKEY_OIDC_ROLES cannot be used: ${roles.reason}.`, {
      remedy: 'For example: NXKEY_OIDC_ROLES=\'*=acme:member platform=acme:admin "On call"=ops:member\'',
    });
  }
  return {
    issuer,
    clientId: values.NXKEY_OIDC_CLIENT_ID,
    clientSecret: values.NXKEY_OIDC_CLIENT_SECRET,
    name: variable(environment, 'NXKEY_OIDC_NAME') ?? url.host,
    scope: scope(variable(environment, 'NXKEY_OIDC_SCOPE')),
    parameters: Object.fromEntries(new URLSearchParams(variable(environment, 'NXKEY_OIDC_PARAMETERS') ?? '')),
    groupsClaim: variable(environment, 'NXKEY_OIDC_GROUPS_CLAIM') ?? 'groups',
    groupRoles: roles.groupRoles,
    trustEmail: yesOrNo('NXKEY_OIDC_TRUST_EMAIL', variable(environment, 'NXKEY_OIDC_TRUST_EMAIL')),
  };
}

function withFile(name: string): string[] {
  return [name, `${name}_FILE`];
}

/** Secrets go there, and what comes from there is believed. */
function secureUrl(name: string, text: string): URL {
  const remedy = 'Give the whole address, for example https://login.acme.example';
  if (!URL.canParse(text)) throw new UsageError(`${name} is not a URL.`, { remedy });
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new UsageError(`${name} has to begin with https:// (or be http on loopback).`, { remedy });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new UsageError(`${name} contains more than a host and a path.`, { remedy });
  }
  return url;
}

function scope(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (text.split(/\s+/).includes('openid')) return text;
  throw new UsageError('NXKEY_OIDC_SCOPE does not contain openid, without which there is no OpenID Connect.', {
    remedy: `For example: NXKEY_OIDC_SCOPE="openid profile email"`,
  });
}

function yesOrNo(name: string, text: string | undefined): boolean {
  if (text === undefined || text === 'no') return false;
  if (text === 'yes') return true;
  throw new UsageError(`${name} is neither yes nor no.`, { remedy: `Set it to yes, or leave it out.` });
}
