import type { ReactNode } from "react";
import { useConnection } from "wagmi";
import { Note } from "../ui/Note.tsx";
import { SwitchChain } from "./Wallet.tsx";

/** Where a screen needs an account on the right chain, and there is none: what to do. `children` say what it is for. */
export function NoAccount({ children }: { children: ReactNode }) {
  const { isConnected } = useConnection();
  if (!isConnected) return <Note>{children}</Note>;
  return (
    <Note tone="warn">
      <span>Your wallet is on another chain.</span>
      <SwitchChain />
    </Note>
  );
}
