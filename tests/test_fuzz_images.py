import fuzz_images


def test_damaged_files_give_an_image_or_an_error_that_names_them(tmp_path):
    outcomes = fuzz_images.fuzz(0, 500, seed=2, folder=tmp_path)
    assert outcomes.total() == 1000
    assert min(outcomes["image"], outcomes["error"]) > 200
    assert not list(tmp_path.iterdir())


def test_undamaged_files_are_read(tmp_path):
    for number, (extension, data) in enumerate(fuzz_images.seeds()):
        path = tmp_path / f"{number}{extension}"
        path.write_bytes(data)
        whole = fuzz_images.read(path, tmp_path / f"again-{number}.png")
        assert list(whole) == ["image", "image"]
