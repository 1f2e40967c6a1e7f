import type { Hash } from "viem";
import { useConfig } from "../config/context.ts";
import { shortHex } from "../format/address.ts";

/** A link that leaves the page says so. Only http(s) is linked; anything else from the chain is shown as text. */
export function ExternalLink(props: { href: string; children: string }) {
  const isWeb = URL.canParse(props.href) && /^https?:$/.test(new URL(props.href).protocol);
  if (!isWeb)
    return (
      <bdi>
        <code>{props.href}</code>
      </bdi>
    );
  return (
    <a href={props.href} target="_blank" rel="noopener noreferrer">
      {props.children} ↗<span className="visually-hidden"> (leaves this page)</span>
    </a>
  );
}

/** An address or a hash, in short, linked where there is an explorer. */
export function ChainLink(props: { kind: "address" | "tx"; value: string }) {
  const { chain } = useConfig();
  const short = <code title={props.value}>{shortHex(props.value)}</code>;
  if (chain.explorerUrl === null) return short;
  return (
    <ExternalLink href={`${chain.explorerUrl}/${props.kind}/${encodeURIComponent(props.value)}`}>
      {shortHex(props.value)}
    </ExternalLink>
  );
}

export function TransactionLink({ hash }: { hash: Hash }) {
  return <ChainLink kind="tx" value={hash} />;
}
