/** Preloaded into a server process by the harness: its clock is `CLOCK_SKEW_MS` away from the machine's. */
const skewMs = Number(process.env['CLOCK_SKEW_MS'] ?? 0);
const Real = Date;
const now = (): number => Real.now() + skewMs;

globalThis.Date = new Proxy(Real, {
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
  apply: () => new Real(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown)),
});
