// Bundle the modules that run outside of JupyterLab: the two anywidget ESMs and the viewer page.
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

/**
 * What uPlot has and we never reach: its own lines, bars, points, legend and ranges (ours are drawn in a hook or beside, and set by us),
 * axes of dates (x is a number), values under the pointer (its one series is invisible), and the helpers on its face. Each piece goes from a first line up to a next one.
 */
const UNUSED = [
  ['\nconst months = [', '\nconst onlyWhole = ', 'const fmtDate = () => () => "";'],
  [
    '\nfunction genTimeStuffs(',
    '\nfunction legendStroke(',
    'const none = () => () => [], timeIncrsMs = [], timeIncrsS = [], _timeAxisStampsMs = [], _timeAxisStampsS = [],' +
      ' _timeSeriesStamp = "", timeAxisSplitsMs = none, timeAxisSplitsS = none, timeAxisStamps = none,' +
      ' timeAxisVals = none, timeAxisVal = none, timeSeriesStamp = none, timeSeriesVal = none;'
  ],
  [
    '\nconst linearPath = ',
    '\nfunction setDefaults(',
    'const linearPath = null, pointsPath = null;'
  ],
  ['\n\tfunction drawSeries(', '\n\tfunction getIncrSpace(', '\tfunction drawSeries() {}'],
  [
    '\n\tfunction initLegendRow(',
    '\n\tconst mouseListeners',
    '\tconst initLegendRow = () => nullNullTuple;'
  ],
  [
    '\nfunction rangeLog(',
    '\n// alternative: https',
    'const rangeLog = () => nullNullTuple, rangeAsinh = rangeLog, rangeNum = rangeLog,' +
      ' ifNull = (one, other) => one ?? other, rangePad = 0.1, autoRangePart = {};'
  ],
  [
    '\nfunction logAxisSplits(',
    '\nfunction numSeriesVal(',
    'const logAxisSplits = numAxisSplits, asinhAxisSplits = numAxisSplits, log10AxisValsFilt = retArg1,' +
      ' log2AxisValsFilt = retArg1;'
  ],
  ['\nfunction orient(', '\nfunction pxRoundGen(', 'const seriesFillTo = retNull;'],
  ['\n\tfunction delSeries(', '\n\tconst sidesWithAxes', ''],
  [
    '\n\tfunction setSeries(',
    '\n\tfunction posToVal(',
    '\tconst setSeries = () => {}; let closestDist, closestSeries, focusedSeries; const FOCUS_TRUE = {};'
  ],
  [
    '\n\tfunction syncLegend(',
    '\n\tfunction updateCursor(',
    '\tfunction setLegend() { shouldSetLegend = false; }'
  ],
  [
    '\n\t\t// if cursor hidden, hide points',
    '\n\t\t// nit: cursor.drag.setSelect',
    '\t\tidx = cursor.idx = null;'
  ],
  [
    '\n\t\t\tif (cursorFocus) {\n\t\t\t\tlet shouldPub',
    '\n\t\tif (shouldSetLegend) {\n\t\t\tlegend.idx',
    '\t\t}'
  ],
  ['\nuPlot.assign = ', '\nexport {', '']
];

const trimUplot = {
  name: 'trim-uplot',
  setup({ onLoad }) {
    onLoad({ filter: /uPlot\.esm\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, 'utf8');
      for (const [first, next, instead] of UNUSED) {
        const from = contents.indexOf(first);
        const to = contents.indexOf(next, from);
        if (from < 0 || to < 0) {
          throw new Error(`uPlot has no ${first.trim()} any more: look at trimUplot again.`);
        }
        contents = `${contents.slice(0, from)}\n${instead}${contents.slice(to)}`;
      }
      return { contents, loader: 'js' };
    });
  }
};

await build({
  entryPoints: {
    widget: 'src/widget/index.ts',
    remote: 'src/widget/remote.tsx',
    page: 'src/page/index.tsx'
  },
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
