import type { CachePurge } from '../../../src/protocol/wire-types.js';
import { isolatedPrefix } from '../domain/scope-name.js';
import type { ArtifactKey, Writer } from '../domain/model.js';

/** An upload from its first byte until it is published or given up. */
export interface Upload {
  readonly key: ArtifactKey;
  readonly writer: Writer;
  /** A purge that it falls under came meanwhile: it must not be published any more. */
  isPurged: boolean;
}

export interface Uploads {
  begin(key: ArtifactKey, writer: Writer): Upload;
  end(upload: Upload): void;
  /** Marks all that are under way and fall under it. */
  purge(workspaceId: string, what: CachePurge): void;
}

/** The uploads that are under way in this process. */
export function createUploads(): Uploads {
  const uploads = new Set<Upload>();
  return {
    begin(key, writer) {
      const upload = { key, writer, isPurged: false };
      uploads.add(upload);
      return upload;
    },
    end(upload) {
      uploads.delete(upload);
    },
    purge(workspaceId, what) {
      for (const upload of uploads) {
        if (upload.key.workspaceId === workspaceId && fallsUnder(upload, what)) upload.isPurged = true;
      }
    },
  };
}

function fallsUnder({ key, writer }: Upload, what: CachePurge): boolean {
  if ('all' in what) return true;
  if ('hash' in what) return key.hash === what.hash;
  if ('scope' in what) return key.scope.startsWith(isolatedPrefix);
  return writer.kind === what.writer.kind && writer.id === what.writer.id;
}
