import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig, type Plugin } from 'vite';

/** Where `vite dev` finds the API. */
const server = 'http://localhost:8000';
const apiPaths = [
  '/api',
  '/auth',
  '/capabilities',
  '/conversations',
  '/documents',
  '/healthz',
  '/messages',
  '/rag',
];

export default defineConfig({
  plugins: [
    announcerWithoutInlineStyle(),
    tailwindcss(),
    sveltekit({
      adapter: adapter({ fallback: 'index.html' }),
      // Kit writes the hash of its one inline script into a meta tag; the server repeats the policy as a
      // header and adds `frame-ancestors`, which a meta tag cannot carry.
      csp: {
        mode: 'hash',
        directives: {
          'default-src': ['none'],
          'script-src': ['self'],
          'style-src': ['self'],
          'img-src': ['self', 'data:', 'blob:'],
          'connect-src': ['self'],
          'font-src': ['self'],
          'worker-src': ['self'],
          'manifest-src': ['self'],
          'frame-src': ['none'],
          'base-uri': ['none'],
          'form-action': ['self'],
          'require-trusted-types-for': ['script'],
          'trusted-types': ['svelte-trusted-html', 'alcove-markdown'],
        },
      },
    }),
  ],
  build: { target: 'es2023' },
  server: { proxy: Object.fromEntries(apiPaths.map((path) => [path, server])) },
});

/** Kit hides its route announcer with a style attribute, which `style-src 'self'` refuses; app.css hides it. */
function announcerWithoutInlineStyle(): Plugin {
  return {
    name: 'announcer-without-inline-style',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/kit/src/runtime/components/root.svelte')) return null;
      return code.replace(/(id="svelte-announcer"[^>]*?)\sstyle="[^"]*"/, '$1');
    },
  };
}
