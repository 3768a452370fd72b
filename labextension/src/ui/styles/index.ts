import { base } from './base';
import { card } from './card';
import { chart } from './chart';
import { table } from './table';
import { tokens } from './tokens';

/** The stylesheet that every mount adopts; panels and the page add their own part. */
export const stylesheet = [tokens, base, chart, table, card].join('\n');
