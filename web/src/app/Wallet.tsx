/** Connecting a wallet that announces itself (EIP-6963), and switching it to the right chain. */
import { useState } from "react";
import { useConnect, useConnection, useConnectors, useDisconnect, useSwitchChain } from "wagmi";
import { reasonOf } from "../chain/reasons.ts";
import { useConfig } from "../config/context.ts";
import { shortHex } from "../format/address.ts";
import { CopyButton } from "../ui/CopyButton.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Note } from "../ui/Note.tsx";

export function Wallet() {
  const { address, isConnected } = useConnection();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      {isConnected ? <SwitchChain /> : null}
      <button
        type="button"
        className={`button button-small ${isConnected ? "" : "button-primary"}`}
        onClick={() => setIsOpen(true)}
      >
        {address === undefined ? "Connect wallet" : shortHex(address)}
      </button>
      <Dialog title={isConnected ? "Your wallet" : "Connect a wallet"} isOpen={isOpen} onClose={() => setIsOpen(false)}>
        {isConnected ? <Connected onDone={() => setIsOpen(false)} /> : <Choice onDone={() => setIsOpen(false)} />}
      </Dialog>
    </>
  );
}

/** Shown while the wallet is on another chain. */
export function SwitchChain() {
  const { chainId } = useConnection();
  const { chain } = useConfig();
  const { mutate: switchChain, isPending, error } = useSwitchChain();
  if (chainId === chain.id) return null;
  return (
    <span className="row">
      <button
        type="button"
        className="button button-small button-primary"
        disabled={isPending}
        onClick={() => switchChain({ chainId: chain.id })}
      >
        Switch to {chain.name}
      </button>
      {error === null ? null : (
        <span role="alert" className="field-problem">
          {reasonOf(error)}
        </span>
      )}
    </span>
  );
}

function Choice({ onDone }: { onDone: () => void }) {
  const connectors = useConnectors();
  const { mutate: connect, isPending, error } = useConnect({ mutation: { onSuccess: onDone } });
  if (connectors.length === 0) {
    return (
      <Note>
        <strong>No wallet was found in this browser.</strong>
        <span>Install a wallet extension that supports EIP-6963, then reload this page.</span>
      </Note>
    );
  }
  return (
    <>
      <ul className="wallets">
        {connectors.map((connector) => (
          <li key={connector.uid}>
            <button type="button" className="button" disabled={isPending} onClick={() => connect({ connector })}>
              {/* Only a picture that the wallet brings along: nothing is fetched. */}
              {connector.icon?.startsWith("data:image/") ? <img src={connector.icon} alt="" /> : null}
              {connector.name}
            </button>
          </li>
        ))}
      </ul>
      {error === null ? null : <Note tone="warn">{reasonOf(error)}</Note>}
    </>
  );
}

function Connected({ onDone }: { onDone: () => void }) {
  const { address, connector } = useConnection();
  const { mutate: disconnect } = useDisconnect({ mutation: { onSuccess: onDone } });
  return (
    <>
      <p className="muted">{connector?.name}</p>
      <p>
        <code>{address}</code>
      </p>
      <div className="row">
        <CopyButton name="Copy address" text={() => address ?? ""} />
        <button type="button" className="button button-small" onClick={() => disconnect()}>
          Disconnect
        </button>
      </div>
    </>
  );
}
