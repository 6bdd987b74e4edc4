/**
 * Authority over one user's data. Holding one means that the user has been authenticated: only identity/ grants it
 * (and the worker, for work that the database says is due).
 */
export class UserScope {
  readonly #granted = true;
  readonly userId: string;
  /** Set for an API key that may touch one conversation only. */
  readonly limitedTo: string | undefined;

  private constructor(userId: string, limitedTo: string | undefined) {
    this.userId = userId;
    this.limitedTo = limitedTo;
  }

  static grant(userId: string, limitedTo?: string): UserScope {
    return new UserScope(userId, limitedTo);
  }

  static isGranted(value: unknown): value is UserScope {
    return typeof value === 'object' && value !== null && #granted in value;
  }
}
