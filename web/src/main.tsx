/** Reads the configuration, then shows the page; without it, says what is missing. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/ui.css";
import "./app/app.css";
import { App } from "./app/App.tsx";
import { applyTheme } from "./app/theme.ts";
import { loadConfig } from "./config/config.ts";
import { Note } from "./ui/Note.tsx";

const element = document.getElementById("app");
if (element === null) throw new Error("index.html has no #app");
const root = createRoot(element);
applyTheme();

try {
  const config = await loadConfig(document.baseURI);
  root.render(
    <StrictMode>
      <App config={config} />
    </StrictMode>,
  );
} catch (error) {
  root.render(
    <main className="content">
      <h1>This page is not configured</h1>
      <Note tone="bad">{error instanceof Error ? error.message : String(error)}</Note>
    </main>,
  );
}
