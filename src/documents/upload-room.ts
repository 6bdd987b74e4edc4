import type { Database } from '../db/database.ts';
import { AppError } from '../errors.ts';
import type { UserScope } from '../identity/user-scope.ts';
import { readUnderWay, setUnderWay } from '../work/counts-store.ts';
import { aliveMs, type Replicas } from '../work/replicas.ts';
import { readBytesLeft } from './quota-store.ts';

/** A form may be this much longer than its files: the lines between them, and fields that nobody reads. */
const mostAroundFiles = 1024 * 1024;

export interface RoomLimits {
  bytesPerUser: number;
  uploadsPerUser: number;
}

/** What one upload or import may still put on the disk. */
export interface Room {
  /** Called before the bytes are kept. @throws AppError `quota_exceeded` */
  take(bytes: number): void;
  /** For bytes that are about to be taken again where they are moved to. */
  giveBack(bytes: number): void;
  /**
   * Called before bytes are put down that are no documents, for as long as the room is open.
   * @throws AppError `rate_limited` beyond `most` together with the user's rooms that were opened before
   */
  putAside(bytes: number, most: number): void;
  /** What was taken is in rows now, or was not kept: the quota is looked at anew. */
  renew(): Promise<void>;
  /** As often as one likes. */
  close(): void;
}

interface Taken {
  bytes: number;
  aside: number;
}

/**
 * Uploads and imports that are under way, by user. Bytes count against the quota while they come, with those of the user's uploads
 * that began before: of several that do not fit together the first goes on. Their rows count them again, for good, in
 * the transaction that writes them.
 */
export class UploadRoom {
  readonly #underWay = new Map<string, Set<Taken>>();
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

  /** Does `work` in room that is closed when it ends. @throws AppError as `open` does */
  async within<T>(
    user: UserScope,
    db: Database,
    limits: RoomLimits,
    work: (room: Room) => Promise<T>,
  ): Promise<T> {
    const room = await this.open(user, db, limits);
    try {
      return await work(room);
    } finally {
      room.close();
    }
  }

  /**
   * Before the first byte is put anywhere.
   * @throws AppError `rate_limited` when too many of the user's uploads are under way
   */
  async open(user: UserScope, db: Database, limits: RoomLimits): Promise<Room> {
    const all = this.#underWay.get(user.userId) ?? new Set<Taken>();
    if (all.size >= limits.uploadsPerUser) throw tooMany(limits);
    this.#underWay.set(user.userId, all);
    const own: Taken = { bytes: 0, aside: 0 };
    all.add(own);
    const close = (): void => {
      if (!all.delete(own)) return;
      if (all.size === 0) this.#underWay.delete(user.userId);
      // A number that is too high ends with this process, or within the hour.
      if (!this.#replicas.isAlone) void this.#tell(user, db, all.size).catch(() => {});
    };
    try {
      if (!this.#replicas.isAlone) {
        // Told before the others are asked: of two at once at least one sees the other.
        await this.#tell(user, db, all.size);
        const elsewhere = await readUnderWay(db, topicOf(user), this.#replicas.id, aliveMs);
        if (all.size + elsewhere > limits.uploadsPerUser) throw tooMany(limits);
      }
      const readLeft = () => readBytesLeft(db, user, limits.bytesPerUser);
      let left = await readLeft();
      return {
        close,
        take(bytes) {
          own.bytes += bytes;
          if (untilOwn(all, own, 'bytes') > left) throw noRoom();
        },
        giveBack(bytes) {
          own.bytes -= bytes;
        },
        putAside(bytes, most) {
          own.aside += bytes;
          if (untilOwn(all, own, 'aside') > most) throw tooMuchAtOnce();
        },
        async renew() {
          own.bytes = 0;
          left = await readLeft();
        },
      };
    } catch (error) {
      close();
      throw error;
    }
  }

  #tell(user: UserScope, db: Database, count: number): Promise<void> {
    return setUnderWay(db, topicOf(user), this.#replicas.id, count);
  }
}

/** With what the user's rooms that were opened before have taken. */
function untilOwn(all: ReadonlySet<Taken>, own: Taken, what: keyof Taken): number {
  let together = 0;
  for (const one of all) {
    together += one[what];
    if (one === own) break;
  }
  return together;
}

function topicOf({ userId }: UserScope): string {
  return `uploads:${userId}`;
}

function tooMany({ uploadsPerUser }: RoomLimits): AppError {
  return new AppError('rate_limited', `At most ${uploadsPerUser} uploads at once: wait for one to end.`, {
    retryAfterSeconds: 1,
  });
}

function tooMuchAtOnce(): AppError {
  return new AppError('rate_limited', 'This is too much at once: wait for an import to end.', {
    retryAfterSeconds: 1,
  });
}

function noRoom(): AppError {
  return new AppError('quota_exceeded', 'There is no room for this: delete documents first.', {
    retryAfterSeconds: 60,
  });
}
