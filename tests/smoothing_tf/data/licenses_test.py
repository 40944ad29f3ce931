from smoothing_tf.data.dataset_names import DATASET_NAMES
from smoothing_tf.data.licenses import LICENSES


def test_every_data_set_with_a_name_of_its_own_has_a_license():
    of_the_user = {"directory", "folder", "arrays", "table"}
    assert set(LICENSES) == set(DATASET_NAMES) - of_the_user
