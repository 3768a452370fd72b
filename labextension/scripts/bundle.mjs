// Bundle the two modules that run outside of JupyterLab: the anywidget ESM and the viewer page.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const minify = process.argv.includes('--minify');

/** Squeeze the stylesheet, which is one string to esbuild and would be shipped as it is written. */
const squeezeStyles = {
  name: 'squeeze-styles',
  setup({ onLoad }) {
    onLoad({ filter: /src\/ui\/styles\/\w+\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const contents = source.replace(/`[^`]*`/g, css =>
        css
          .replace(/\s*\n\s*/g, '')
          .replace(/\s*([{};,])\s*/g, '$1')
          .replace(/([\w-]): /g, '$1:')
          .replaceAll(';}', '}')
      );
      return { contents, loader: 'ts' };
    });
  }
};

/** Leave out what uPlot offers on its face and we never call: bars, steps, splines, dates. Lines are drawn by us. */
const trimUplot = {
  name: 'trim-uplot',
  setup({ onLoad }) {
    onLoad({ filter: /uPlot\.esm\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const from = source.indexOf('\nuPlot.assign = ');
      const to = source.indexOf('\nexport {', from);
      if (from < 0 || to < 0) {
        throw new Error('uPlot ends in another way than it did: look at trimUplot again.');
      }
      return { contents: source.slice(0, from) + source.slice(to), loader: 'js' };
    });
  }
};

await build({
  entryPoints: { widget: 'src/widget/index.ts', page: 'src/page/index.tsx' },
  outdir: fileURLToPath(new URL('../../runicorn_jupyter/static/', import.meta.url)),
  bundle: true,
  format: 'esm',
  target: 'es2020',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify,
  // Names with a leading underscore are private to a module here and in uPlot: nobody else reads them.
  mangleProps: minify ? /^_[a-z]/ : undefined,
  plugins: minify ? [squeezeStyles, trimUplot] : [],
  legalComments: 'none',
  logLevel: 'info'
});
