import { readFileSync } from 'node:fs';

const file = new URL('../../../gateway/nginx.conf', import.meta.url);

/** The configuration that we recommend, before a gateway at this address. */
export const nginxConf = (gateway: string): string =>
  readFileSync(file, 'utf8').replace('http://127.0.0.1:3001', gateway);

/** What somebody has who only knows `proxy_pass`: HTTP/1.0 upstream, no upgrades, buffering on. */
export const barestNginxConf = (gateway: string): string =>
  `server { listen 80; location / { proxy_pass ${gateway}; } }`;
