/** Light or dark: as the system, until somebody chooses. */
import { useCallback, useState } from "react";

export type Theme = "light" | "dark";

const KEY = "phala.theme";

function chosen(): Theme | null {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : null;
  } catch {
    // Storage is switched off.
    return null;
  }
}

export function currentTheme(): Theme {
  return chosen() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
}

export function applyTheme(theme: Theme = currentTheme()): void {
  document.documentElement.dataset["theme"] = theme;
}

export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState(currentTheme);
  const choose = useCallback((next: Theme) => {
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Then it holds for this visit.
    }
    applyTheme(next);
    setTheme(next);
  }, []);
  return [theme, choose];
}
