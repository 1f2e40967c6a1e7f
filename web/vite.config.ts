/** The page's build: static files for any host, in any folder of it. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  base: "./",
  plugins: [react()],
  build: {
    outDir: "dist",
    target: "es2022",
    // No inline data: a strict content security policy allows files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What is loaded at first, and what only by a screen: the test of their sizes reads it.
    manifest: true,
  },
  server: { host: "127.0.0.1" },
  preview: { host: "127.0.0.1" },
});
