import { type ReactNode, useEffect, useId, useRef } from "react";

/** The browser's own modal dialog: Escape and a click beside it close it, the focus stays inside and returns afterwards. */
export function Dialog(props: { title: string; isOpen: boolean; onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog === null) return;
    if (props.isOpen && !dialog.open) dialog.showModal();
    if (!props.isOpen && dialog.open) dialog.close();
  }, [props.isOpen]);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={props.onClose}
      onClick={(event) => event.target === ref.current && props.onClose()}
    >
      <div className="dialog-body">
        <div className="card-head">
          <h2 id={id}>{props.title}</h2>
          <button type="button" className="button button-small button-plain" onClick={props.onClose}>
            Close
          </button>
        </div>
        {props.isOpen ? props.children : null}
      </div>
    </dialog>
  );
}
