// Runs in the page before its own scripts: a wallet that announces itself (EIP-6963). What it is asked goes to `wallet.ts`.
(() => {
  const listeners = new Map();
  const provider = {
    async request({ method, params }) {
      const answer = await window.walletRequest(method, params ?? []);
      if (answer.error !== undefined) throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
      return answer.result;
    },
    on(event, listener) {
      listeners.set(event, [...(listeners.get(event) ?? []), listener]);
    },
    removeListener(event, listener) {
      listeners.set(
        event,
        (listeners.get(event) ?? []).filter((each) => each !== listener),
      );
    },
  };
  window.walletEmit = (event, value) => {
    for (const listener of listeners.get(event) ?? []) listener(value);
  };
  const icon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'%3E%3Crect width='1' height='1' fill='green'/%3E%3C/svg%3E";
  const info = Object.freeze({
    uuid: "6a3d2f0e-5a44-4b5a-9a52-0f9f7c6f2b11",
    name: "Test wallet",
    icon,
    rdns: "test.wallet",
  });
  const announce = () =>
    window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail: Object.freeze({ info, provider }) }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
})();
