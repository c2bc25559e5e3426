"""How far the serving simulation is from measurements: per engine, GPU and metric, never one number."""
