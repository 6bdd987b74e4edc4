import type { ConversationScope } from '../conversations/scope.ts';
import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { readUnderWay, setUnderWay } from '../work/counts-store.ts';
import { aliveMs, type Replicas } from '../work/replicas.ts';
import { readBytesLeft } from './store.ts';

/** A form may be this much longer than its files: the lines between them, and fields that nobody reads. */
const mostAroundFiles = 1024 * 1024;

export interface RoomLimits {
  bytesPerUser: number;
  uploadsPerUser: number;
}

/** What one upload may still put on the disk. */
export interface Room {
  /** Called before the bytes are kept. @throws AppError `quota_exceeded` */
  take(bytes: number): void;
  close(): void;
}

/**
 * Uploads that are under way, by user. Bytes count against the quota while they come, with those of the user's uploads
 * that began before: of several that do not fit together the first goes on. Their rows count them again, for good, in
 * the transaction that writes them.
 */
export class UploadRoom {
  readonly #underWay = new Map<string, Set<{ bytes: number }>>();
  readonly #replicas: Pick<Replicas, 'id' | 'isAlone'>;

  constructor(replicas: Pick<Replicas, 'id' | 'isAlone'>) {
    this.#replicas = replicas;
  }

  /**
   * Refuses what is known not to fit before any of it is read. `bytes`: what the whole form says that it is long.
   * @throws AppError `quota_exceeded`
   */
  async refuseIfTooLong(user: UserScope, bytes: number, db: Database, limits: RoomLimits): Promise<void> {
    const least = bytes - mostAroundFiles;
    if (least > 0 && least > (await readBytesLeft(db, user, limits.bytesPerUser))) throw noRoom();
  }

  /** @throws AppError `rate_limited` when too many of the user's uploads are under way */
  async open(scope: ConversationScope, db: Database, limits: RoomLimits): Promise<Room> {
    const all = this.#underWay.get(scope.userId) ?? new Set<{ bytes: number }>();
    if (all.size >= limits.uploadsPerUser) throw tooMany(limits);
    this.#underWay.set(scope.userId, all);
    const own = { bytes: 0 };
    all.add(own);
    const close = (): void => {
      all.delete(own);
      if (all.size === 0) this.#underWay.delete(scope.userId);
      // A number that is too high ends with this process, or within the hour.
      if (!this.#replicas.isAlone) void this.#tell(scope, db, all.size).catch(() => {});
    };
    try {
      if (!this.#replicas.isAlone) {
        // Told before the others are asked: of two at once at least one sees the other.
        await this.#tell(scope, db, all.size);
        const elsewhere = await readUnderWay(db, topicOf(scope), this.#replicas.id, aliveMs);
        if (all.size + elsewhere > limits.uploadsPerUser) throw tooMany(limits);
      }
      const left = await readBytesLeft(db, scope, limits.bytesPerUser);
      const take = (bytes: number): void => {
        own.bytes += bytes;
        let together = 0;
        for (const one of all) {
          together += one.bytes;
          if (one === own) break;
        }
        if (together > left) throw noRoom();
      };
      return { take, close };
    } catch (error) {
      close();
      throw error;
    }
  }

  #tell(scope: ConversationScope, db: Database, count: number): Promise<void> {
    return setUnderWay(db, topicOf(scope), this.#replicas.id, count);
  }
}

function topicOf({ userId }: ConversationScope): string {
  return `uploads:${userId}`;
}

function tooMany({ uploadsPerUser }: RoomLimits): AppError {
  return new AppError('rate_limited', `At most ${uploadsPerUser} uploads at once: wait for one to end.`, {
    retryAfterSeconds: 1,
  });
}

function noRoom(): AppError {
  return new AppError('quota_exceeded', 'There is no room for this: delete documents first.', {
    retryAfterSeconds: 60,
  });
}
