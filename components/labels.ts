/** On every Kubernetes object that a component makes itself, so that people see where to change it. */
export const MANAGED_BY = { "app.kubernetes.io/managed-by": "imprimatur" } as const;
