import { LabIcon } from '@jupyterlab/ui-components';

/** The mark in Lab's one colour. */
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M21.5 1.6 13 7.300l3.7 3.700z"/>
  <path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M12 8.600c-1.5-.1-3 .3-4.3 1.100C4.7 11.5 3 15 3 19.200V21h2.200c3-.4 4.6-2 5.9-3.7.9-1.1 1.6-1.6 2.5-1.6.8 0 1.5.5 2.3 1.600l1.8-1.200c-.1-1.7-.7-3-1.9-4.200z"/>
</svg>`;

export const runicornIcon = new LabIcon({ name: 'runicorn:icon', svgstr: svg });
