/**
 * What the domain asks of GitHub; `server/src/github/` asks it for real. Every method may throw a `GithubUnavailable`,
 * and then nothing is known that was not known before. Ids are decimal numbers, as text.
 */
export interface GithubGateway {
  /** `https://github.com`, or that of a GitHub Enterprise Server: the issuer of its users' identities. */
  readonly issuer: string;
  /** Where an owner of a GitHub organization installs our GitHub App. */
  installationUrl(): Promise<string>;
  /** The installation of our App in an organization; `null` when it is not installed there, or there is none. */
  findInstallation(login: string): Promise<GithubInstallation | null>;
  /** All that there are: what happened to an installation while webhooks were lost. `null`: it was uninstalled. */
  installation(installationId: string): Promise<GithubInstallation | null>;
  /**
   * Those with that role, page by page, in the order of GitHub; never those of another organization that has got the
   * name. A page that has not changed since it was remembered costs no rate limit (a conditional request, RFC 9110
   * §13.1.2), and comes from the memory. GitHub's ETags are of use for as long as an access token is, which is an hour.
   */
  members(organization: GithubOrganizationRef, role: 'admin' | 'member', memory: PageMemory): AsyncIterable<MemberPage>;
  /** The members of a team, those of its child teams included, in the same way. A team that was deleted has none. */
  teamMembers(organization: GithubOrganizationRef, teamId: string, memory: PageMemory): AsyncIterable<MemberPage>;
  /**
   * One person, now; `null` for somebody who is no member, or is only invited. `githubUserId` decides: names of people
   * and of organizations that have changed since are found out, and `login` is what the person is called now.
   */
  membership(organization: GithubOrganizationRef, person: GithubPerson): Promise<GithubMembership | null>;
  /** Members of child teams are members. Nobody is one of a team that is not there any more. */
  isTeamMember(organization: GithubOrganizationRef, teamId: string, person: GithubPerson): Promise<boolean>;
  /** The team that an address or a command names; `null` when there is none. */
  findTeam(organization: GithubOrganizationRef, slug: string): Promise<{ teamId: string; slug: string } | null>;
}

export interface GithubInstallation {
  installationId: string;
  isSuspended: boolean;
  organization: { githubOrganizationId: string; login: string };
}

export interface GithubOrganizationRef {
  installationId: string;
  githubOrganizationId: string;
  login: string;
}

export interface GithubPerson {
  githubUserId: string;
  login: string;
}

export interface GithubMembership {
  login: string;
  isAdmin: boolean;
}

/** `isUnchanged`: it is the page that was remembered, whether GitHub said so (304) or has sent the same one again. */
export interface MemberPage {
  people: readonly GithubPerson[];
  isUnchanged: boolean;
}

/** Where pages are kept together with their ETags, between one reconciliation and the next. */
export interface PageMemory {
  find(list: string, page: number): Promise<RememberedPage | null>;
  keep(list: string, page: number, remembered: RememberedPage): Promise<void>;
  /** Forgets the pages from that number on: the list has become shorter. */
  forgetFrom(list: string, page: number): Promise<void>;
}

export interface RememberedPage {
  etag: string;
  people: readonly GithubPerson[];
  /** Another page follows. */
  hasNext: boolean;
}

/**
 * GitHub did not answer, or not with what was asked for: down, a limit on requests, no right, an answer of a shape that
 * is not GitHub's. The message is a sentence for owners.
 */
export class GithubUnavailable extends Error {
  override readonly name = 'GithubUnavailable';
  /** When it may be worth another try, in milliseconds from now, where GitHub said so. */
  readonly retryAfterMs: number | null;
  /** GitHub has answered, and does not give that to us: it will be the same the next time. */
  readonly isRefusal: boolean;
  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number | null; isRefusal?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.isRefusal = options.isRefusal ?? false;
  }
}
