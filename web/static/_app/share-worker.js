// Takes the files that another app of a phone shares with this one, and holds them until the page has asked its person
// what to do with them. It keeps nothing else, neither pages nor answers of the API: no page lives under its address.
const shelf = 'alcove-shared';
const action = '/_app/share';
const mostFiles = 50;

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method === 'POST' && new URL(request.url).pathname === action) event.respondWith(take(request));
});

async function take(request) {
  const form = await request.formData();
  const files = form.getAll('file').filter((value) => value instanceof File && value.size > 0);
  await caches.delete(shelf);
  const cache = await caches.open(shelf);
  await Promise.all(files.slice(0, mostFiles).map((file, at) => cache.put(`${action}/${at}`, keep(file))));
  return Response.redirect('/dashboard/chatbot?shared', 303);
}

function keep(file) {
  const type = file.type || 'application/octet-stream';
  return new Response(file, {
    headers: { 'content-type': type, 'x-file-name': encodeURIComponent(file.name) },
  });
}
