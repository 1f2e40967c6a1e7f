/** How far the indexer is behind the chain: always shown. */
import { useHead } from "../chain/head.ts";
import { useConfig } from "../config/context.ts";
import { formatDateTime, formatSpan } from "../format/time.ts";
import { useIndexed } from "../indexer/client.ts";
import { STATUS } from "../indexer/status.ts";
import { Badge } from "../ui/Note.tsx";
import { Skeleton } from "../ui/Value.tsx";

/** More blocks than this behind is worth a warning. */
const TOLERANCE = 3n;

export function Lag() {
  const { chain, indexerUrl } = useConfig();
  const head = useHead();
  const status = useIndexed(STATUS, {}, { enabled: indexerUrl !== null });
  const indexed = status.data?.vaults.items[0];
  const block = indexed === undefined ? null : BigInt(indexed.block);
  const behind = block === null || head.data === undefined ? null : head.data.number - block;

  return (
    <>
      <span>
        {chain.name}, block{" "}
        {head.data === undefined ? (
          head.isError ? null : (
            <Skeleton />
          )
        ) : (
          <span title={formatDateTime(head.data.timestamp)}>{head.data.number.toString()}</span>
        )}{" "}
        {head.isError ? <Badge tone="bad">the node does not answer</Badge> : null}
      </span>
      {indexerUrl === null ? null : (
        <span>
          Indexer:{" "}
          {status.isError ? (
            <Badge tone="bad">does not answer</Badge>
          ) : block === null ? (
            <Skeleton />
          ) : (
            <>
              block {block.toString()}{" "}
              {behind === null ? null : behind > TOLERANCE ? (
                <Badge tone="warn">
                  {behind.toString()} blocks behind
                  {head.data === undefined
                    ? ""
                    : `, ${formatSpan(head.data.timestamp - BigInt(indexed?.timestamp ?? 0))}`}
                </Badge>
              ) : (
                <Badge tone="good">up to date</Badge>
              )}
            </>
          )}
        </span>
      )}
    </>
  );
}
