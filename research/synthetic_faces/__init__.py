"""Pictures of people who do not exist: rendered 3D heads and edited GAN faces."""
