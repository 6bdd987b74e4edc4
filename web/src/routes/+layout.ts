// One static page for every address: the app runs in the browser alone.
export const ssr = false;
export const prerender = false;
