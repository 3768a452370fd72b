// What the two pages of documents run: one of the readers was loaded before, and is told where OpenAPI lies.
(() => {
  const { openapi, xsrf } = JSON.parse(document.getElementById('config').textContent);
  const place = document.getElementById('reader');
  if (window.SwaggerUIBundle) {
    window.SwaggerUIBundle({
      url: openapi,
      domNode: place,
      deepLinking: true,
      docExpansion: 'none',
      filter: true,
      validatorUrl: null,
      requestInterceptor: request => {
        if (xsrf && request.method !== 'GET') {
          request.headers['X-XSRFToken'] = xsrf;
        }
        return request;
      }
    });
  } else {
    window.Redoc.init(openapi, { disableSearch: true }, place);
  }
})();
