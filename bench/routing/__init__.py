"""What routing does to a cluster whose caches hold most of the work: a published case, on simulated workers."""
