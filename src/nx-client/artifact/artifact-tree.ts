/** What an artifact holds, as a tree of names, without contents. */
type Node = Folder | Link | Leaf;

interface Folder {
  kind: 'folder';
  parent: Folder | undefined;
  children: Map<string, Node>;
  /** It has an entry of its own, and is not only in the path of others. */
  isListed: boolean;
}

interface Link {
  kind: 'link';
  parent: Folder;
  path: string;
  target: string;
  /** Where it leads in the end; `undefined` while that has not been looked for. */
  destination: Folder | Leaf | undefined;
}

interface Leaf {
  kind: 'file' | 'marker';
}

/** Linux follows as many (path_resolution(7)). */
const mostLinksInARow = 40;
/** PATH_MAX of macOS; the longest that a real workspace has had was 300. */
const longestTarget = 1_024;

/**
 * Tells of an artifact, before it is written to a disk and without one, whether its entries are in each other's way and
 * where its links lead. Paths are those of entry-path.ts.
 */
export class ArtifactTree {
  readonly #root: Folder = { kind: 'folder', parent: undefined, children: new Map(), isListed: false };
  readonly #links: Link[] = [];

  /**
   * Answers the folders that had to be added for it, outermost first, itself included; `undefined` when something else
   * is in the way: the same name a second time, or a part of the path that is a file or a link.
   */
  addFolder(path: string): string[] | undefined {
    const added: string[] = [];
    const folder = this.#enter(path === '' ? [] : path.split('/'), added);
    if (folder === undefined || folder.isListed) return undefined;
    folder.isListed = true;
    return added;
  }

  /** As `addFolder`, without itself. A `marker` is one of the two entries that are not written to the disk. */
  addFile(path: string, kind: 'file' | 'marker' = 'file'): string[] | undefined {
    return this.#addTo(path, () => ({ kind }));
  }

  /** As `addFile`. */
  addLink(path: string, target: string): string[] | undefined {
    return this.#addTo(path, (parent) => {
      const link: Link = { kind: 'link', parent, path, target, destination: undefined };
      this.#links.push(link);
      return link;
    });
  }

  /**
   * The links, one by one, and whether each leads to a file or a folder of the artifact.
   *
   * That is the strictest rule under which links in real outputs (pnpm's, those of Next.js' standalone output) still
   * work. "Somewhere below the folder" would not do: Nx copies outputs into the workspace, and there `dist/x ->
   * ../.git/hooks`, which leads to nothing in the artifact, becomes a way to write outside of all outputs. For the same
   * reason the folder itself, which is the workspace's root there, is no destination.
   */
  *links(): Generator<{ path: string; target: string; leadsInside: boolean }, void, undefined> {
    for (const link of this.#links) {
      const destination = this.#follow(link, 0);
      yield {
        path: link.path,
        target: link.target,
        leadsInside: destination !== undefined && destination !== this.#root && destination.kind !== 'marker',
      };
    }
  }

  #addTo(path: string, create: (parent: Folder) => Node): string[] | undefined {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    const added: string[] = [];
    const parent = this.#enter(parts, added);
    if (name === '' || parent === undefined || parent.children.has(name)) return undefined;
    parent.children.set(name, create(parent));
    return added;
  }

  #enter(parts: readonly string[], added: string[]): Folder | undefined {
    let folder = this.#root;
    for (const [index, part] of parts.entries()) {
      let child = folder.children.get(part);
      if (child === undefined) {
        child = { kind: 'folder', parent: folder, children: new Map(), isListed: false };
        folder.children.set(part, child);
        added.push(parts.slice(0, index + 1).join('/'));
      }
      if (child.kind !== 'folder') return undefined;
      folder = child;
    }
    return folder;
  }

  /** Part by part as the system does: `a/..` is not where it began when `a` is a link to elsewhere. */
  #follow(link: Link, depth: number): Folder | Leaf | undefined {
    if (link.destination !== undefined) return link.destination;
    const { target } = link;
    if (target === '' || target.length > longestTarget || depth === mostLinksInARow) return undefined;
    if (/^\/|^[A-Za-z]:|[\\\0\uFFFD]/.test(target)) return undefined;
    let at: Folder | Leaf = link.parent;
    for (const part of target.split('/')) {
      if (at.kind !== 'folder') return undefined;
      if (part === '' || part === '.') continue;
      const next: Node | undefined = part === '..' ? at.parent : at.children.get(part);
      const arrived: Folder | Leaf | undefined = next?.kind === 'link' ? this.#follow(next, depth + 1) : next;
      if (arrived === undefined) return undefined;
      at = arrived;
    }
    link.destination = at;
    return at;
  }
}
