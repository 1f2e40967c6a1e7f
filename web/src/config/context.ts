/** The configuration, for every component. */
import { createContext, useContext } from "react";
import type { Config } from "./shape.ts";

const Context = createContext<Config | null>(null);

export const ConfigProvider = Context.Provider;

export function useConfig(): Config {
  const config = useContext(Context);
  if (config === null) throw new Error("There is no configuration above this component.");
  return config;
}
