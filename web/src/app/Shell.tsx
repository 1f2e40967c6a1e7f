/** What is around every screen. */
import { Suspense, useEffect, useRef } from "react";
import { Link, Route, Switch, useLocation } from "wouter";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { Lag } from "./Lag.tsx";
import { ROUTES } from "./routes.tsx";
import { useTheme } from "./theme.ts";
import { Wallet } from "./Wallet.tsx";
import { Loading } from "../ui/Value.tsx";

/** Whether `location` is the screen at `path`, or one that is reached from it. */
function isBelow(location: string, path: string): boolean {
  return location === path || (path !== "/" && location.startsWith(`${path}/`));
}

/** A screen that a link leads to is read from its beginning; one that somebody goes back to, from where he was. */
function useTopOfScreen(location: string): void {
  const isBack = useRef(true);
  useEffect(() => {
    const back = () => {
      isBack.current = true;
    };
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);
  useEffect(() => {
    if (!isBack.current) {
      scrollTo(0, 0);
      document.querySelector("main")?.focus({ preventScroll: true });
    }
    isBack.current = false;
  }, [location]);
}

export function Shell() {
  const [location] = useLocation();
  const [theme, setTheme] = useTheme();
  useTopOfScreen(location);
  const current = ROUTES.filter(({ path, name }) => name !== null && isBelow(location, path)).at(-1);
  useEffect(() => {
    document.title = current?.name == null ? "Phala" : `${current.name} · Phala`;
    // On a narrow screen the names do not fit beside each other.
    document.querySelector(".nav [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  }, [current]);

  return (
    <div className="shell">
      <button type="button" className="skip button" onClick={() => document.querySelector("main")?.focus()}>
        Skip to the content
      </button>
      <header className="bar">
        <div className="bar-inner">
          <Link className="brand" href="/" aria-label="Phala">
            <img src="./icon.svg" alt="" width="28" height="28" />
            <span>Phala</span>
          </Link>
          <nav className="nav" aria-label="Screens">
            {ROUTES.filter(({ name }) => name !== null).map(({ path, name }) => (
              <Link key={path} href={path} aria-current={path === current?.path ? "page" : undefined}>
                {name}
              </Link>
            ))}
          </nav>
          <div className="bar-tools">
            <button
              type="button"
              className="button button-small button-plain"
              onClick={() => setTheme(theme === "dark" ? "light" : "dark")}
            >
              {theme === "dark" ? "Light" : "Dark"}
              <span className="visually-hidden"> theme</span>
            </button>
            <Wallet />
          </div>
        </div>
      </header>
      <main className="content" tabIndex={-1}>
        <ErrorBoundary key={location} what="This screen" heading={current?.name ?? "Phala"}>
          <Suspense fallback={<Loading />}>
            <Switch>
              {ROUTES.map(({ path, screen }) => (
                <Route key={path} path={path} component={screen} />
              ))}
              <Route>
                <h1>There is no such screen</h1>
                <p>
                  <Link href="/">Go to the first one</Link>
                </p>
              </Route>
            </Switch>
          </Suspense>
        </ErrorBoundary>
      </main>
      <footer className="foot">
        <div className="foot-inner">
          <ErrorBoundary what="How far the indexer is">
            <Lag />
          </ErrorBoundary>
        </div>
      </footer>
    </div>
  );
}
