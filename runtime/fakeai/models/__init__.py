"""Request and response models by API family: fakeai.models.chat, .embeddings, .audio, .images, .batches."""
