import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import pino from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { isLoopback } from '../../../src/protocol/server-url.js';
import { defaultAuditDays } from '../background.js';
import { createArtifactCache } from '../artifacts/artifact-cache.js';
import { createFolderArtifactStore } from '../artifacts/folder-store.js';
import { loadClientProgram } from '../client-program/client-program.js';
import { lockForServer, type ServerLock } from '../database/server-lock.js';
import { openSqliteDatabase } from '../database/sqlite.js';
import { defaultStaleAfterMs } from '../domain/github/staleness.js';
import { createPasswordHasher } from '../domain/passwords.js';
import { defaultTokenIdleDays } from '../domain/personal-access-tokens.js';
import { defaultLoginsPerAddress } from '../domain/services.js';
import { writeServerSettings } from '../domain/settings.js';
import { UsageError } from '../errors.js';
import { createGithubGateway } from '../github/create-gateway.js';
import { createGithubProvider } from '../identity-providers/github.js';
import { createOpenIdConnectProvider } from '../identity-providers/openid-connect.js';
import { defaultMaxArtifactSize, defaultShutdownGraceMs, startServer, type ServerOptions } from '../server.js';
import { byteSize } from './byte-size.js';
import { tell, type CliContext } from './context.js';
import { dataFlag, integer, jsonFlag, publicUrlFlag } from './flags.js';
import { readIdentityConfiguration } from './identity-configuration.js';
import { readMetricsToken } from './metrics-token.js';
import { writeOutput } from './output.js';

export interface StartFlags {
  data: string;
  port: number;
  host: string;
  publicUrl?: string;
  trustProxy: number;
  tokenIdleDays: number;
  loginsPerAddress: number;
  connect: boolean;
  passwords: boolean;
  githubStaleHours: number;
  maxArtifactSize: number;
  maxCacheSize: number;
  maxArtifactAge: number;
  shutdownGrace: number;
  auditDays: number;
  metricsTokenFile?: string;
  logLevel: string;
  json: boolean;
}

const defaultMaxCacheSize = 50 * 1024 ** 3;
const hour = 60 * 60 * 1000;
const day = 24 * hour;

/** Between two complete looks at who is in the connected GitHub organizations. */
const reconcileEveryMs = 10 * 60 * 1000;

/** Beside the database, in the data folder. */
const artifactsFolderName = 'artifacts';

export function startCommand(context: CliContext): Command {
  return new Command('start')
    .description('Run the server on a data folder until Ctrl-C or SIGTERM.')
    .addOption(dataFlag())
    .addOption(new Option('--port <number>', '0 takes a free one').argParser(integer(0, 65535)).default(7540))
    .addOption(new Option('--host <address>', 'where to listen; 0.0.0.0 for all networks').default('127.0.0.1'))
    .addOption(publicUrlFlag('the address that people and CI use (default: where it listens)'))
    .addOption(
      new Option('--trust-proxy <hops>', 'reverse proxies in front that set X-Forwarded-For')
        .argParser(integer(0, 10))
        .default(0),
    )
    .addOption(
      new Option(
        '--token-idle-days <days>',
        'days without use after which a personal access token expires; 0 for never',
      )
        .argParser(integer(0, 3650))
        .default(defaultTokenIdleDays),
    )
    .addOption(
      new Option('--logins-per-address <number>', 'logins that one address may begin in ten minutes')
        .argParser(integer(1, 100_000))
        .default(defaultLoginsPerAddress),
    )
    .option('--no-connect', 'do not let "nx connect" make workspaces, which their owners then claim')
    .option(
      '--no-passwords',
      'let people sign in with GitHub or OpenID Connect only, as the environment configures them',
    )
    .addOption(
      new Option('--github-stale-hours <hours>', 'how long members from GitHub stay when GitHub confirms them no more')
        .argParser(integer(1, 8760))
        .default(defaultStaleAfterMs / hour),
    )
    .addOption(
      new Option('--max-artifact-size <size>', 'larger artifacts are refused; with KiB, MiB, GiB or TiB')
        .argParser(byteSize)
        .default(defaultMaxArtifactSize, '1GiB'),
    )
    .addOption(
      new Option('--max-cache-size <size>', 'when there is more, what was not read for longest is removed')
        .argParser(byteSize)
        .default(defaultMaxCacheSize, '50GiB'),
    )
    .addOption(
      new Option('--max-artifact-age <days>', 'older artifacts are removed; 0 keeps them as long as there is room')
        .argParser(integer(0, 3650))
        .default(0),
    )
    .addOption(
      new Option('--shutdown-grace <seconds>', 'how long running transfers may take to end when the server is stopped')
        .argParser(integer(0, 3600))
        .default(defaultShutdownGraceMs / 1000),
    )
    .addOption(
      new Option('--audit-days <days>', 'how long events stay in the audit log')
        .argParser(integer(1, 36_500))
        .default(defaultAuditDays),
    )
    .option(
      '--metrics-token-file <file>',
      'whoever sends the token in this file may read /metrics (default: this machine alone)',
    )
    .addOption(
      new Option('--log-level <level>', 'the log goes to standard error')
        .choices(['fatal', 'error', 'warn', 'info', 'debug', 'silent'])
        .default('info'),
    )
    .addOption(jsonFlag())
    .addHelpText(
      'after',
      `
With --json the first line on standard output is {"url":"http://127.0.0.1:7540"}, printed when connections are accepted.

Examples:
  $ nxkey-server start --data ./nxkey-data
  $ nxkey-server start --data /var/lib/nxkey --public-url https://nxkey.acme.example --trust-proxy 1
  $ nxkey-server start --data /var/lib/nxkey --host 0.0.0.0 --public-url https://nxkey.acme.example`,
    )
    .action((flags: StartFlags) => start(flags, context));
}

function checkTogether(flags: StartFlags): void {
  if (flags.publicUrl === undefined && !isLoopback(isIPv6(flags.host) ? `[${flags.host}]` : flags.host)) {
    throw new UsageError(
      `With --host ${flags.host} other machines may reach the server, and its address there is not known.`,
      {
        remedy: 'Give it with --public-url, for example: --public-url https://nxkey.acme.example',
      },
    );
  }
  if (flags.maxArtifactSize > flags.maxCacheSize) {
    throw new UsageError(
      `An artifact may have ${flags.maxArtifactSize} bytes, and the whole cache no more than ${flags.maxCacheSize}.`,
      {
        remedy: 'Give a smaller --max-artifact-size or a larger --max-cache-size: the largest artifact has to fit.',
      },
    );
  }
}

/** @throws {UsageError} */
async function readIdentities(
  flags: StartFlags,
  { environment, clock }: CliContext,
): Promise<Required<Pick<ServerOptions, 'identityProviders' | 'github'>>> {
  const { github, openIdConnect } = await readIdentityConfiguration(environment);
  const identityProviders = [
    ...(github === null ? [] : [createGithubProvider(github)]),
    ...(openIdConnect === null ? [] : [createOpenIdConnectProvider(openIdConnect)]),
  ];
  if (!flags.passwords && identityProviders.length === 0) {
    throw new UsageError('With --no-passwords nobody could sign in: no other way is configured.', {
      remedy:
        'Configure GitHub (NXKEY_GITHUB_…) or an OpenID Connect provider (NXKEY_OIDC_…) in the environment, or leave ' +
        '--no-passwords out.',
    });
  }
  if (github === null) return { identityProviders, github };
  const gateway = createGithubGateway({ ...github, clock });
  const { webhookSecret } = github;
  return { identityProviders, github: { gateway, webhookSecret, reconcileEveryMs } };
}

async function start(flags: StartFlags, context: CliContext): Promise<void> {
  checkTogether(flags);
  const identities = await readIdentities(flags, context);
  const tokenIdleDays = flags.tokenIdleDays === 0 ? null : flags.tokenIdleDays;
  const token = flags.metricsTokenFile === undefined ? null : await readMetricsToken(flags.metricsTokenFile);
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const logger = pino({ level: flags.logLevel, base: null }, context.stderr);
  const database = await openSqliteDatabase(flags.data);
  let lock: ServerLock | undefined;
  try {
    lock = await lockForServer(flags.data);
    const artifacts = createArtifactCache({
      store: await createFolderArtifactStore({ folder: join(flags.data, artifactsFolderName) }),
      database,
      clock: context.clock,
      logger,
      limits: {
        maxBytes: flags.maxCacheSize,
        maxAgeMs: flags.maxArtifactAge === 0 ? null : flags.maxArtifactAge * day,
      },
    });
    try {
      await serve(flags, context, {
        database,
        artifacts,
        logger,
        tokenIdleDays,
        metrics: { registry, token },
        ...identities,
      });
    } finally {
      await artifacts.close();
    }
  } finally {
    lock?.release();
    await database.close();
  }
}

async function serve(
  flags: StartFlags,
  context: CliContext,
  {
    database,
    ...dependencies
  }: Pick<
    ServerOptions,
    'database' | 'artifacts' | 'logger' | 'tokenIdleDays' | 'metrics' | 'identityProviders' | 'github'
  >,
): Promise<void> {
  const server = await startServer({
    ...dependencies,
    host: flags.host,
    port: flags.port,
    publicUrl: flags.publicUrl,
    trustedProxyHops: flags.trustProxy,
    database,
    clientProgram: await loadClientProgram(context.builtFolder),
    passwords: createPasswordHasher(),
    clock: context.clock,
    loginsPerAddress: flags.loginsPerAddress,
    nxConnect: flags.connect,
    passwordSignIn: flags.passwords,
    githubStaleAfterMs: flags.githubStaleHours * hour,
    maxArtifactSize: flags.maxArtifactSize,
    shutdownGraceMs: flags.shutdownGrace * 1000,
    auditDays: flags.auditDays,
  });
  try {
    await writeServerSettings(database, {
      publicUrl: server.publicUrl,
      tokenIdleDays: dependencies.tokenIdleDays,
      passwordSignIn: flags.passwords,
    });
    if (flags.json) await writeOutput(context, `${JSON.stringify({ url: server.listenUrl })}\n`);
    else {
      const behind = server.publicUrl === server.listenUrl ? '' : ` (listening on ${server.listenUrl})`;
      tell(context, `nxkey-server is at ${server.publicUrl}${behind}. Ctrl-C stops it.`);
    }
    if ((await database.workspaces.all()).length === 0) {
      // A mistyped folder looks just like a new one.
      tell(
        context,
        `There is nobody who could sign in yet. In another terminal: nxkey-server init --data ${flags.data}`,
      );
    }
    await aborted(context.signal);
  } finally {
    await server.close();
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}
