/** What tells sessions apart: names of a program and a system, never the whole of what a client says of itself. */
export interface Device {
  program: string | null;
  system: string | null;
}

/** By what browsers put into their user agent, the more particular first: most also claim to be others. */
const programs = [
  ['Edg', 'Edge'],
  ['OPR/', 'Opera'],
  ['OPT/', 'Opera'],
  ['SamsungBrowser/', 'Samsung Internet'],
  ['Vivaldi/', 'Vivaldi'],
  ['FxiOS/', 'Firefox'],
  ['Firefox/', 'Firefox'],
  ['CriOS/', 'Chrome'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;

/** Android claims to be Linux, an iPhone like Mac OS X; an iPad may say that it is a Mac. */
const systems = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['CrOS', 'ChromeOS'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['Linux', 'Linux'],
] as const;

/** What is not a browser is named by its first product: `curl` of `curl/8.5.0`. */
const product = /^(?!Mozilla\/)([A-Za-z][\w.+-]{0,39})(?:[/ ]|$)/;

export function describeDevice(userAgent = ''): Device {
  return {
    program: nameIn(userAgent, programs) ?? product.exec(userAgent)?.[1] ?? null,
    system: nameIn(userAgent, systems),
  };
}

function nameIn(userAgent: string, names: typeof programs | typeof systems): string | null {
  return names.find(([mark]) => userAgent.includes(mark))?.[1] ?? null;
}
