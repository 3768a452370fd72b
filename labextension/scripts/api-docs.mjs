// Copy the two readers of OpenAPI into the Python package, so that a machine without internet shows them too.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../runicorn_jupyter/static/docs/', import.meta.url));
const require = createRequire(import.meta.url);
const of = name => dirname(require.resolve(`${name}/package.json`));

await mkdir(folder, { recursive: true });
const swagger = of('swagger-ui-dist');
for (const file of ['swagger-ui-bundle.js', 'swagger-ui.css']) {
  await copyFile(join(swagger, file), join(folder, file));
}
await copyFile(fileURLToPath(new URL('reader.js', import.meta.url)), join(folder, 'reader.js'));
// Its footer shows a picture from its maker's server, which our pages may not ask for anything.
const redoc = await readFile(join(of('redoc'), 'bundles', 'redoc.standalone.js'), 'utf8');
const picture = /"https:\/\/cdn\.redoc\.ly\/[^"]*\.svg"/g;
if (!picture.test(redoc)) {
  throw new Error('redoc asks for no picture any more: look at api-docs.mjs again.');
}
await writeFile(join(folder, 'redoc.standalone.js'), redoc.replace(picture, '"data:,"'));
