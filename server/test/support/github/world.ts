/** Who there is at the GitHub that tests run against, and who is in what. Ids are numbers, as GitHub sends them. */
export interface DoubleUser {
  readonly id: number;
  login: string;
  name: string | null;
  emails: { email: string; primary: boolean; verified: boolean }[];
}

export interface DoubleMember {
  user: DoubleUser;
  role: 'admin' | 'member';
  /** `pending`: is invited, and has not said yes. */
  state: 'active' | 'pending';
}

export interface DoubleOrganization {
  readonly id: number;
  login: string;
  readonly members: Map<number, DoubleMember>;
  readonly teams: Map<number, DoubleTeam>;
}

export interface DoubleTeam {
  readonly id: number;
  readonly organization: DoubleOrganization;
  readonly parent: DoubleTeam | null;
  slug: string;
  readonly members: Map<number, DoubleUser>;
}

export interface DoubleInstallation {
  readonly id: number;
  readonly organization: DoubleOrganization;
  suspendedAt: number | null;
}

export interface NewUser {
  login: string;
  id?: number;
  name?: string | null;
  /** A verified, primary address; `emails` for anything else. */
  email?: string;
  emails?: DoubleUser['emails'];
}

/** Change it only through its methods: lists are kept until one of them is called. */
export class GithubWorld {
  readonly users = new Map<number, DoubleUser>();
  readonly organizations = new Map<number, DoubleOrganization>();
  readonly installations = new Map<number, DoubleInstallation>();
  #lists = new Map<string, DoubleUser[]>();
  #nextId = 1001;

  addUser({ login, id = this.#nextId++, name = null, email, emails = [] }: NewUser): DoubleUser {
    const primary = email === undefined ? [] : [{ email, primary: true, verified: true }];
    const user = { id, login, name, emails: [...primary, ...emails] };
    this.users.set(id, user);
    return user;
  }

  /** `members`: so many people, `person-1` and so on, are in it from the beginning. */
  addOrganization({ login, members = 0 }: { login: string; members?: number }): DoubleOrganization {
    const organization = { id: this.#nextId++, login, members: new Map(), teams: new Map() };
    this.organizations.set(organization.id, organization);
    for (let number = 1; number <= members; number++) {
      this.addMember(organization, this.addUser({ login: `person-${number}` }));
    }
    return organization;
  }

  /** Also gives somebody who is a member another role. */
  addMember(
    organization: DoubleOrganization,
    user: DoubleUser,
    change: Partial<Omit<DoubleMember, 'user'>> = {},
  ): void {
    organization.members.set(user.id, { user, role: 'member', state: 'active', ...change });
    this.#lists.clear();
  }

  /** Out of the organization is out of its teams. */
  removeMember(organization: DoubleOrganization, user: DoubleUser): void {
    organization.members.delete(user.id);
    for (const team of organization.teams.values()) team.members.delete(user.id);
    this.#lists.clear();
  }

  addTeam(organization: DoubleOrganization, slug: string, parent: DoubleTeam | null = null): DoubleTeam {
    const team = { id: this.#nextId++, organization, parent, slug, members: new Map() };
    organization.teams.set(team.id, team);
    return team;
  }

  removeTeam(team: DoubleTeam): void {
    for (const each of team.organization.teams.values()) if (each.parent === team) this.removeTeam(each);
    team.organization.teams.delete(team.id);
    this.#lists.clear();
  }

  addToTeam(team: DoubleTeam, user: DoubleUser): void {
    team.members.set(user.id, user);
    this.#lists.clear();
  }

  removeFromTeam(team: DoubleTeam, user: DoubleUser): void {
    team.members.delete(user.id);
    this.#lists.clear();
  }

  renameUser(user: DoubleUser, login: string): void {
    user.login = login;
    this.#lists.clear();
  }

  /** The account is gone, wherever it was. */
  removeUser(user: DoubleUser): void {
    for (const organization of this.organizations.values()) this.removeMember(organization, user);
    this.users.delete(user.id);
  }

  install(organization: DoubleOrganization): DoubleInstallation {
    const installation = { id: this.#nextId++, organization, suspendedAt: null };
    this.installations.set(installation.id, installation);
    return installation;
  }

  uninstall(installation: DoubleInstallation): void {
    this.installations.delete(installation.id);
  }

  findUser(login: string): DoubleUser | undefined {
    return [...this.users.values()].find((user) => isSame(user.login, login));
  }

  findOrganization(login: string): DoubleOrganization | undefined {
    return [...this.organizations.values()].find((organization) => isSame(organization.login, login));
  }

  /** Those who have said yes, in the order of their accounts. */
  membersOf(organization: DoubleOrganization, role: 'admin' | 'member' | 'all'): DoubleUser[] {
    return this.#list(`${organization.id} ${role}`, () =>
      [...organization.members.values()]
        .filter((member) => member.state === 'active' && (role === 'all' || member.role === role))
        .map(({ user }) => user),
    );
  }

  /** With the members of child teams. */
  teamMembersOf(team: DoubleTeam): DoubleUser[] {
    return this.#list(`team ${team.id}`, () => {
      const children = [...team.organization.teams.values()].filter(({ parent }) => parent === team);
      return [...new Set([...team.members.values(), ...children.flatMap((child) => this.teamMembersOf(child))])];
    });
  }

  #list(name: string, read: () => DoubleUser[]): DoubleUser[] {
    const known = this.#lists.get(name);
    if (known !== undefined) return known;
    const list = read().sort((one, other) => one.id - other.id);
    this.#lists.set(name, list);
    return list;
  }
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
