import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// `npm run dev -w services/console` shows changes at once, on the gateway of `npm start`
const gateway = 'http://127.0.0.1:3001';

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: { target: 'es2022', sourcemap: true },
  server: { proxy: { '/api': gateway, '/socket.io': { target: gateway, ws: true }, '/health': gateway } },
});
