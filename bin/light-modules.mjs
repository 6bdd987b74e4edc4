import { enableCompileCache, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

// What has been compiled, and freed of its types, is kept for the next start where this folder can be written to.
enableCompileCache(fileURLToPath(new URL('../build/compile-cache', import.meta.url)));

const heavy = '/node_modules/drizzle-orm/';

// Node reads the manifest of a package for each of its files. That of drizzle-orm has 180 KB and a hundred files, which is
// most of a second and 160 MB: its files name each other by relative paths, so that it need not be looked at.
registerHooks({
  resolve(specifier, context, next) {
    const isInside = specifier.startsWith('.') && context.parentURL?.includes(heavy);
    if (!isInside || !specifier.endsWith('.js')) return next(specifier, context);
    return { url: new URL(specifier, context.parentURL).href, format: 'module', shortCircuit: true };
  },
});
