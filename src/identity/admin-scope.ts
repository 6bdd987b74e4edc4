import { AppError } from '../errors.ts';
import type { UserScope } from './user-scope.ts';

/** Whoever runs the server and its command line: nobody's id. */
export const operatorId = '00000000-0000-0000-0000-000000000000';

interface Claimant {
  scope: UserScope;
  role: 'admin' | 'user';
  credential: string;
}

/**
 * Authority over accounts, never over what is in them. `userId` and `address` say who acts and from where, for the
 * audit log.
 */
export class AdminScope {
  readonly #granted = true;
  readonly userId: string;
  readonly address: string | undefined;

  private constructor(userId: string, address: string | undefined) {
    this.userId = userId;
    this.address = address;
  }

  /** @throws AppError `forbidden` for everybody but an administrator who has signed in */
  static open({ scope, role, credential }: Claimant, address: string): AdminScope {
    if (role !== 'admin' || credential === 'api_key')
      throw new AppError('forbidden', 'This is for administrators.');
    return new AdminScope(scope.userId, address);
  }

  static ofOperator(): AdminScope {
    return new AdminScope(operatorId, undefined);
  }

  static isGranted(value: unknown): value is AdminScope {
    return typeof value === 'object' && value !== null && #granted in value;
  }
}
